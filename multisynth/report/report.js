"use strict";

// A clip's sentences and events share the video's clock: clicking one seeks, and playing marks those that hold now.
for (const clip of document.querySelectorAll(".clip")) {
  const video = clip.querySelector("video");
  const moments = [...clip.querySelectorAll("[data-seek]")];
  const sentences = moments.filter((moment) => moment.dataset.until);
  const playhead = clip.querySelector(".playhead");
  const duration = Number(clip.dataset.duration);

  if (!video) {
    for (const moment of moments) moment.disabled = true;
    continue;
  }

  const follow = () => {
    const now = video.currentTime;
    if (playhead) playhead.style.left = `${Math.min(100, (100 * now) / duration)}%`;
    for (const sentence of sentences) {
      const holds = now >= Number(sentence.dataset.seek) - 0.02 && now < Number(sentence.dataset.until);
      sentence.classList.toggle("now", holds);
      if (holds) sentence.setAttribute("aria-current", "true");
      else sentence.removeAttribute("aria-current");
    }
  };

  for (const moment of moments) {
    moment.addEventListener("click", () => {
      // half a frame later, so that the frame itself is shown and not the one before it
      video.currentTime = Math.min(Number(moment.dataset.seek) + 0.02, Math.max(0, duration - 0.01));
      follow();
    });
  }
  for (const sentence of sentences) {
    const named = new Set((sentence.dataset.events || "").split(" ").filter(Boolean));
    const light = (on) => {
      for (const moment of moments) {
        if (moment.dataset.event && named.has(moment.dataset.event)) moment.classList.toggle("lit", on);
      }
    };
    sentence.addEventListener("mouseenter", () => light(true));
    sentence.addEventListener("mouseleave", () => light(false));
    sentence.addEventListener("focus", () => light(true));
    sentence.addEventListener("blur", () => light(false));
  }
  for (const event of ["timeupdate", "seeking", "loadedmetadata"]) video.addEventListener(event, follow);
}

// A frame's labels take turns in the large place.
for (const strip of document.querySelectorAll(".strip")) {
  const labels = [...strip.querySelectorAll(".label")].filter((label) => label.querySelector("button"));
  const show = (label) => {
    for (const other of strip.querySelectorAll(".label")) {
      other.classList.toggle("shown", other === label);
      other.querySelector("button")?.setAttribute("aria-pressed", String(other === label));
    }
  };
  labels.forEach((label, n) => {
    const button = label.querySelector("button");
    button.addEventListener("click", () => show(label));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = labels[(n + step + labels.length) % labels.length];
      show(next);
      next.querySelector("button").focus({ preventScroll: true });
    });
  });
}

// Mark the section in view in the list of sections.
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const watch = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  },
  { rootMargin: "-10% 0px -80% 0px" },
);
for (const section of document.querySelectorAll("header[id], section[id]")) watch.observe(section);

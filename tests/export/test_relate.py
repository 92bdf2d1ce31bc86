import numpy as np

from multisynth.export.relate import LINEAGE, originals
from multisynth.kinds import CAPTION, CLIP, EPISODE


def relate(run, stage, *kinds):
    return [keys for _, keys in originals(run.table(stage).samples(LINEAGE), kinds, run)]


def test_filters_on_both_sides_lead_to_the_same_episode(run, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(i) for i in range(3)])
    kept = run.add("kept", [episodes[2], episodes[0]])
    unique = run.add("unique", list(kept))
    clips = run.add("clips", [make_clip(episode) for episode in kept])
    run.add("sharp", [clips[1], clips[0]])
    assert not {s.id for s in unique} & {s.id for s in episodes}
    assert relate(run, "unique", EPISODE) == [(episodes[2].id,), (episodes[0].id,)]
    assert relate(run, "sharp", EPISODE) == [(episodes[0].id,), (episodes[2].id,)]
    assert relate(run, "sharp", CLIP) == [(clips[1].id,), (clips[0].id,)]


def test_a_changed_episode_is_its_own_original(run, make_episode, make_clip):
    episodes = run.add("rollouts", [make_episode(0)])
    noisy = run.add("noisy", [episodes[0].child(EPISODE, **{**columns(episodes[0]), "engine": f"{i}"}) for i in (1, 2)])
    run.add("clips", [make_clip(episode) for episode in noisy])
    assert relate(run, "clips", EPISODE) == [(noisy[0].id,), (noisy[1].id,)]


def test_what_comes_from_none_has_no_original(run, make_episode):
    episodes = run.add("rollouts", [make_episode(0)])
    caption = episodes[0].child(CAPTION, text="The block moved.", sentences=[], events=[], question="What happens?")
    run.add("captions", [caption])
    assert relate(run, "captions", CLIP, EPISODE) == [(None, episodes[0].id)]


def columns(episode):
    return {name: np.asarray(v) if isinstance(v := episode[name], np.ndarray) else v for name in EPISODE.columns}

"""What data may say, and a page has to show as text."""

from __future__ import annotations

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)"> \'"&{{ 7*7 }}'

"""Models behind an OpenAI-compatible endpoint: `options` names one, `engine` asks it, whatever faults it answers with.

`wire` writes requests and reads answers, `faults` says what a refusal means, `pace` how many requests run at once.
"""

from multisynth.serving.endpoint.engine import EndpointEngine
from multisynth.serving.endpoint.faults import NoAnswer
from multisynth.serving.endpoint.options import Endpoint

__all__ = ["Endpoint", "EndpointEngine", "NoAnswer"]

"""Language models behind one protocol: `await model.complete(Request(…))`, thousands at once; the engine batches."""

from multisynth.serving.choice import EngineName, LanguageModel, engines
from multisynth.serving.models import Model, resolve
from multisynth.serving.protocol import Completion, Engine, Message, Request, Unfit, Watermark

__all__ = [
    "Completion", "Engine", "EngineName", "LanguageModel", "Message", "Model", "Request", "Unfit", "Watermark",
    "engines", "resolve",
]  # fmt: skip

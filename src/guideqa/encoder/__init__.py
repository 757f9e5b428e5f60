"""Text → vectors. Two encoders behind one protocol; `open_encoder` picks by the model's name."""

from guideqa.encoder.protocol import Encoder, ModelIdentity

__all__ = ["Encoder", "ModelIdentity"]

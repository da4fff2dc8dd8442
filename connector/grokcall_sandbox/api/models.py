"""The model listings."""

from typing import Any

from grokcall_sandbox.catalogue import (
    CREATED,
    LONG_CONTEXT,
    MAX_PICTURE_PROMPT,
    OWNER,
    PICTURE_MODELS,
    TEXT_MODELS,
    VIDEO_MODELS,
    PictureModel,
    TextModel,
    VideoModel,
    find_any_model,
)
from grokcall_sandbox.errors import unlisted_model
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest

AnyModel = TextModel | PictureModel | VideoModel


async def list_models(_call: SandboxRequest) -> Reply:
    """GET /v1/models."""
    return json_reply({"object": "list", "data": [_show(m) for m in (*TEXT_MODELS, *PICTURE_MODELS, *VIDEO_MODELS)]})


async def retrieve_model(call: SandboxRequest) -> Reply:
    """GET /v1/models/{id}."""
    return json_reply(_show(find_any_model(call.parameters["id"])))


async def list_language_models(_call: SandboxRequest) -> Reply:
    """GET /v1/language-models."""
    return json_reply({"models": [_show_detailed(model) for model in TEXT_MODELS]})


async def retrieve_language_model(call: SandboxRequest) -> Reply:
    """GET /v1/language-models/{id}."""
    return _retrieve(call, TextModel)


async def list_picture_models(_call: SandboxRequest) -> Reply:
    """GET /v1/image-generation-models."""
    return json_reply({"models": [_show_detailed(model) for model in PICTURE_MODELS]})


async def retrieve_picture_model(call: SandboxRequest) -> Reply:
    """GET /v1/image-generation-models/{id}."""
    return _retrieve(call, PictureModel)


async def list_video_models(_call: SandboxRequest) -> Reply:
    """GET /v1/video-generation-models."""
    return json_reply({"models": [_show_detailed(model) for model in VIDEO_MODELS]})


async def retrieve_video_model(call: SandboxRequest) -> Reply:
    """GET /v1/video-generation-models/{id}."""
    return _retrieve(call, VideoModel)


async def list_embedding_models(_call: SandboxRequest) -> Reply:
    """GET /v1/embedding-models: there are none."""
    return json_reply({"models": []})


def _retrieve(call: SandboxRequest, kind: type[AnyModel]) -> Reply:
    model = find_any_model(call.parameters["id"])
    if not isinstance(model, kind):
        raise unlisted_model(call.parameters["id"])
    return json_reply(_show_detailed(model))


def _show(model: AnyModel) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": model.id,
        "object": "model",
        "created": CREATED,
        "owned_by": OWNER,
        "aliases": list(model.aliases),
    }
    match model:
        case TextModel():
            shown |= _text_prices(model)
        case PictureModel():
            shown["image_price"] = model.price("low", "1k")
    return shown


def _show_detailed(model: AnyModel) -> dict[str, Any]:
    shown = {**_show(model), "version": "1.0", "fingerprint": f"fp_{model.id}"}
    match model:
        case TextModel():
            shown |= {"input_modalities": ["text", "image"], "output_modalities": ["text"], "search_price": 0}
        case PictureModel():
            shown |= {
                "input_modalities": ["text", "image"],
                "output_modalities": ["image"],
                "max_prompt_length": MAX_PICTURE_PROMPT,
                "prompt_text_token_price": 0,
                "prompt_image_token_price": 0,
            }
        case VideoModel():
            shown |= {"input_modalities": ["text", "image", "video"], "output_modalities": ["video"]}
    return shown


def _text_prices(model: TextModel) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "context_length": model.context,
        "prompt_text_token_price": model.input_price,
        "cached_prompt_text_token_price": model.cached_price,
        "prompt_image_token_price": model.input_price,
        "completion_text_token_price": model.output_price,
        "prompt_text_token_price_long_context": 2 * model.input_price,
        "cached_prompt_text_token_price_long_context": 2 * model.cached_price,
        "completion_text_token_price_long_context": 2 * model.output_price,
        "long_context_threshold": LONG_CONTEXT,
    }
    if model.efforts:
        shown["capabilities"] = {
            "reasoning_effort": list(model.efforts),
            "default_reasoning_effort": model.default_effort,
        }
    return shown

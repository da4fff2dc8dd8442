"""The routes of the sandbox."""

from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute

from grokcall_sandbox.api import (
    account,
    administration,
    batches,
    chat,
    compaction,
    completions,
    document_search,
    file_links,
    files,
    messages,
    models,
    pictures,
    realtime,
    realtime_socket,
    responses,
    speech,
    speech_socket,
    transcription,
    transcription_socket,
    videos,
    voices,
)
from grokcall_sandbox.exact_route import ExactRoute
from grokcall_sandbox.headers import (
    HeaderMaker,
    batch_headers,
    media_headers,
    plain_headers,
    polling_headers,
    text_headers,
    video_headers,
    voice_headers,
)
from grokcall_sandbox.sockets import Open, SocketEndpoint
from grokcall_sandbox.state import SandboxState
from grokcall_sandbox.web import Endpoint, Handler, not_found_route

_ROUTES: tuple[tuple[str, str, Handler, HeaderMaker], ...] = (
    ("POST", "/v1/responses", responses.create, text_headers),
    ("POST", "/v1/responses/compact", compaction.compact, text_headers),
    ("GET", "/v1/responses/{id}", responses.retrieve, plain_headers),
    ("DELETE", "/v1/responses/{id}", responses.delete, plain_headers),
    ("GET", "/v1/responses/{id}/input_items", responses.list_input, plain_headers),
    ("POST", "/v1/chat/completions", chat.create, text_headers),
    ("POST", "/v1/completions", completions.create, text_headers),
    ("GET", "/v1/chat/deferred-completion/{id}", chat.retrieve_deferred, plain_headers),
    ("POST", "/v1/messages", messages.create, text_headers),
    ("POST", "/v1/images/generations", pictures.generate, media_headers),
    ("POST", "/v1/images/edits", pictures.edit, media_headers),
    ("POST", "/v1/videos/generations", videos.generate, video_headers),
    ("POST", "/v1/videos/edits", videos.edit, video_headers),
    ("POST", "/v1/videos/extensions", videos.extend, video_headers),
    ("GET", "/v1/videos/{id}", videos.poll, polling_headers),
    ("POST", "/v1/tts", speech.speak_text, voice_headers),
    ("GET", "/v1/tts/voices", voices.list_built_in, voice_headers),
    ("GET", "/v1/tts/voices/{id}", voices.retrieve_built_in, voice_headers),
    ("GET", "/v1/custom-voices", voices.list_custom, voice_headers),
    ("GET", "/v1/custom-voices/{id}", voices.retrieve_custom, voice_headers),
    ("PATCH", "/v1/custom-voices/{id}", voices.update, voice_headers),
    ("DELETE", "/v1/custom-voices/{id}", voices.delete, voice_headers),
    ("GET", "/v1/custom-voices/{id}/audio", voices.recording, voice_headers),
    ("POST", "/v1/realtime/client_secrets", realtime.create_secret, plain_headers),
    ("GET", "/v1/files", files.list_files, plain_headers),
    ("GET", "/v1/files/{id}", files.retrieve, plain_headers),
    ("DELETE", "/v1/files/{id}", files.delete, plain_headers),
    ("GET", "/v1/files/{id}/content", files.content, plain_headers),
    ("POST", "/v1/files/{id}/public-url", file_links.create, plain_headers),
    ("POST", "/v1/files/{id}/public-url/revoke", file_links.revoke, plain_headers),
    ("POST", "/v1/documents/search", document_search.search, plain_headers),
    ("GET", "/v1/models", models.list_models, plain_headers),
    ("GET", "/v1/models/{id}", models.retrieve_model, plain_headers),
    ("GET", "/v1/language-models", models.list_language_models, plain_headers),
    ("GET", "/v1/language-models/{id}", models.retrieve_language_model, plain_headers),
    ("GET", "/v1/image-generation-models", models.list_picture_models, plain_headers),
    ("GET", "/v1/image-generation-models/{id}", models.retrieve_picture_model, plain_headers),
    ("GET", "/v1/video-generation-models", models.list_video_models, plain_headers),
    ("GET", "/v1/video-generation-models/{id}", models.retrieve_video_model, plain_headers),
    ("GET", "/v1/embedding-models", models.list_embedding_models, plain_headers),
    ("POST", "/v1/batches", batches.create, batch_headers),
    ("GET", "/v1/batches", batches.list_batches, batch_headers),
    ("POST", "/v1/batches/{id}:cancel", batches.cancel, batch_headers),
    ("GET", "/v1/batches/{id}", batches.retrieve, batch_headers),
    ("GET", "/v1/batches/{id}/requests", batches.list_requests, batch_headers),
    ("GET", "/v1/batches/{id}/results", batches.list_results, batch_headers),
    ("GET", "/v1/api-key", account.show_key, plain_headers),
    ("GET", "/v1/me", account.show_owner, plain_headers),
    ("POST", "/v1/tokenize-text", account.tokenize, media_headers),
    ("POST", "/v1/embeddings", account.embed, plain_headers),
)
_BOUNDED_POSTS: tuple[tuple[str, Handler, HeaderMaker, int], ...] = (
    ("/v1/files", files.upload, plain_headers, files.MAX_UPLOAD_BYTES),
    ("/v1/stt", transcription.transcribe, voice_headers, transcription.MAX_FORM_BYTES),
    ("/v1/custom-voices", voices.create, voice_headers, voices.MAX_FORM_BYTES),
    ("/v1/batches/{id}/requests", batches.add_requests, batch_headers, batches.MAX_ADDED_BYTES),
)
_SOCKETS: tuple[tuple[str, Open], ...] = (
    ("/v1/tts", speech_socket.open_speech),
    ("/v1/stt", transcription_socket.open_transcription),
    ("/v1/realtime", realtime_socket.open_talk),
)
_OPEN_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/media/{name}", administration.serve_medium),
    ("GET", "/sandbox/ledger", administration.show_ledger),
    ("GET", "/sandbox/stats", administration.show_stats),
    ("POST", "/sandbox/reset", administration.reset),
)


def create_app(state: SandboxState | None = None) -> Starlette:
    """The sandbox as an ASGI application.

    Args:
        state: What it works on; a new one with default options when left out.
    """
    state = state if state is not None else SandboxState()
    routes: list[BaseRoute] = [
        ExactRoute(path, Endpoint(state, handler, headers), methods=[method])
        for method, path, handler, headers in _ROUTES
    ]
    routes += [
        ExactRoute(path, Endpoint(state, handler, headers, limit=limit), methods=["POST"])
        for path, handler, headers, limit in _BOUNDED_POSTS
    ]
    routes += [
        ExactRoute(path, Endpoint(state, handler, open_to_all=True), methods=[method])
        for method, path, handler in _OPEN_ROUTES
    ]
    routes += [WebSocketRoute(path, SocketEndpoint(state, opening)) for path, opening in _SOCKETS]
    app = Starlette(routes=routes)
    app.router.default = not_found_route
    return app

"""Bring your own way to send requests.

Everything that leaves the process goes through one method. A plain function in its place is all a test needs: no
server, no patching. An ``httpx.AsyncClient`` will do as well, with its proxies, certificates, hooks or recorders.
"""

import json

import httpx
from service import service

import grokcall


def canned(request: grokcall.HttpRequest) -> grokcall.HttpResponse:
    """Answers each message with itself, backwards."""
    asked = json.loads(request.body or b"{}")
    print("function:", request.method, request.url, asked)
    answer = {
        "id": "resp-1",
        "status": "completed",
        "model": asked["model"],
        "output": [{"type": "message", "content": [{"type": "output_text", "text": asked["input"][::-1]}]}],
    }
    return grokcall.HttpResponse(200, {"content-type": "application/json"}, json.dumps(answer).encode())


with grokcall.connect(transport=canned, api_key="xai-not-used") as connection:
    row = connection.execute("CALL GenerateResponse('stressed')").fetchone() or ()
    print("answer:", row[0])


async def note(response: httpx.Response) -> None:
    """A hook of httpx: told of each response."""
    print("httpx:", response.request.method, response.request.url.path, response.status_code)


client = httpx.AsyncClient(event_hooks={"response": [note]})
with service(), grokcall.connect(transport=client) as connection:
    row = connection.execute("CALL GenerateResponse('What is 3 * 5?')").fetchone() or ()
    print("answer:", row[0])
    connection.loop.run(client.aclose())  # the client is yours to close, on the loop that it was used on

"""What was done in the team."""

from grokcall_sandbox.errors import invalid
from grokcall_sandbox.management.endpoint import page_of
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.team import USER_EMAIL, USER_ID


async def list_events(call: SandboxRequest) -> Reply:
    """GET /audit/teams/{team}/events."""
    query = call.query
    if query.get("orderBy", "TIME_DESCENDING") not in ("TIME_DESCENDING", "TIME_ASCENDING"):
        raise invalid("Invalid orderBy.")
    words, user = query.get("eventFilter.query", "").lower(), query.get("eventFilter.userId", USER_ID)
    begin, end = query.get("eventTimeFrom", ""), query.get("eventTimeTo", "~")
    found: list[dict[str, object]] = [
        {
            "eventId": event.id,
            "eventTime": event.time,
            "description": event.description,
            "user": {"userId": USER_ID, "email": USER_EMAIL, "givenName": "Sand", "familyName": "Box"},
        }
        for event in call.state.team.events
        if words in event.description.lower() and user == USER_ID and begin <= event.time < end
    ]
    if query.get("orderBy") != "TIME_ASCENDING":
        found.reverse()
    page, token = page_of(call, found, "pageToken")
    return json_reply({"events": page, "nextPageToken": token})

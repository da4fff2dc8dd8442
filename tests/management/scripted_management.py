"""What the management host answers, as it is documented."""

from __future__ import annotations

import json

from scripted_service import Answer, Asked

MANAGEMENT_KEY = "xai-token-PLANTED7c3b9e2a6f1d8045ThatMustNeverShow"
NEW_KEY = "xai-PLANTEDnew4e8b1c7d2f9a6035ThatMustNeverShow"
KEY = {
    "apiKeyId": "key-1",
    "redactedApiKey": "xai-…Show",
    "name": "etl",
    "userId": "user-1",
    "teamId": "team-1",
    "createTime": "2026-11-01T10:00:00Z",
    "modifyTime": "2026-11-02T10:00:00Z",
    "disabled": False,
    "expireTime": "2027-01-01T00:00:00Z",
    "qps": "5",
    "tpm": "100000",
    "aclStrings": ["api-key:model:grok-4.3"],
}
INVOICE = {
    "coreInvoice": {
        "amountAfterVat": "1234",
        "prepaidCredits": {"val": "-1000"},
        "prepaidCreditsUsed": {"val": "250"},
        "lines": [{"description": "Chat grok-4.3"}],
    },
    "effectiveSpendingLimit": "20000",
    "billingCycle": {"year": 2026, "month": 11},
}
COLLECTION = {
    "collection_id": "collection_7",
    "collection_name": "handbook",
    "collection_description": "What holds for all.",
    "created_at": "2026-11-03T04:05:06.789Z",
    "documents_count": 2,
    "total_file_size": "1234",
    "index_configuration": {"model_name": "grok-embedding-small"},
    "chunk_configuration": {"tokens_configuration": {"max_chunk_size_tokens": 512}},
    "field_definitions": [{"key": "author", "required": True}],
}
DOCUMENT = {
    "file_metadata": {
        "file_id": "file_7f1c",
        "name": "policy.txt",
        "size_bytes": "16",
        "content_type": "text/plain",
        "created_at": "2026-11-03T04:05:06.789Z",
        "expires_at": None,
        "hash": "e2f5",
        "upload_status": "Complete",
        "processing_status": "Complete",
        "file_path": "",
    },
    "fields": {"author": "Ada"},
    "status": "DOCUMENT_STATUS_PROCESSED",
    "last_indexed_at": None,
    "chunk_count": 3,
}
DAY = {"timestamp": "2026-11-01T00:00:00Z", "values": [1.25]}
REPLIES: dict[tuple[str, str], object] = {
    ("GET", "/auth/management-keys/validation"): {
        "apiKeyId": "m-1",
        "teamId": "team-1",
        "scope": "SCOPE_TEAM",
        "scopeId": "team-1",
    },
    ("GET", "/auth/teams/team-1/api-keys"): {"apiKeys": [KEY], "paginationToken": ""},
    ("POST", "/auth/teams/team-1/api-keys"): {**KEY, "apiKey": NEW_KEY},
    ("PUT", "/auth/api-keys/key-1"): {**KEY, "disabled": True},
    ("POST", "/auth/api-keys/key-1/rotate"): {**KEY, "apiKey": NEW_KEY},
    ("DELETE", "/auth/api-keys/key-1"): {},
    ("POST", "/v1/billing/teams/team-1/usage"): {
        "timeSeries": [{"group": ["g"], "groupLabels": ["Chat grok-4.3"], "dataPoints": [DAY]}],
        "limitReached": False,
    },
    ("GET", "/v1/billing/teams/team-1/prepaid/balance"): {
        "changes": [
            {"changeOrigin": "PURCHASE", "amount": {"val": "-2000"}, "createTs": "2026-11-01T00:00:00Z"},
            {"changeOrigin": "SPEND", "amount": {"val": "950"}, "createTs": "2026-11-30T00:00:00Z"},
        ],
        "total": {"val": "-1050"},
    },
    ("GET", "/v1/billing/teams/team-1/postpaid/invoice/preview"): INVOICE,
    ("GET", "/v1/billing/teams/team-1/invoices"): {"invoices": [{**INVOICE, "invoiceId": "inv-1"}]},
    ("GET", "/v1/billing/teams/team-1/postpaid/spending-limits"): {
        "spendingLimits": {"softSl": {"val": "20000"}, "effectiveHardSl": {"val": "50000"}}
    },
    ("POST", "/v1/billing/teams/team-1/postpaid/spending-limits"): {},
    ("POST", "/v1/collections"): COLLECTION,
    ("GET", "/v1/collections"): {"collections": [COLLECTION], "pagination_token": ""},
    ("GET", "/v1/collections/collection_7"): COLLECTION,
    ("PUT", "/v1/collections/collection_7"): {**COLLECTION, "collection_name": "Handbook of 2027"},
    ("DELETE", "/v1/collections/collection_7"): {},
    ("GET", "/v1/collections/collection_7/documents"): {"documents": [DOCUMENT], "pagination_token": None},
    ("POST", "/v1/collections/collection_7/documents/file_7f1c"): {},
    ("GET", "/v1/collections/collection_7/documents/file_7f1c"): DOCUMENT,
    ("PATCH", "/v1/collections/collection_7/documents/file_7f1c"): {},
    ("DELETE", "/v1/collections/collection_7/documents/file_7f1c"): {},
    ("GET", "/audit/teams/team-1/events"): {
        "events": [
            {
                "eventId": "event-1",
                "eventTime": "2026-11-02T03:04:05Z",
                "description": "An API key was made.",
                "user": {"userId": "user-1", "email": "a@example.com"},
            }
        ],
        "nextPageToken": "",
    },
}


def json_answer(document: object, status: int = 200) -> Answer:
    return Answer(json.dumps(document).encode(), status)


def manage(asked: Asked) -> Answer:
    reply = REPLIES.get((asked.method, asked.path.partition("?")[0]))
    return json_answer({"code": 5, "message": "no such path"}, 404) if reply is None else json_answer(reply)


def answer_api(asked: Asked) -> Answer:
    """The API itself: a token where one is asked for, else the key in use, which is another one than those of tests."""
    if asked.path == "/v1/realtime/client_secrets":
        return json_answer({"value": NEW_KEY, "expires_at": 1_800_000_000})
    if asked.path == "/v1/files":
        return json_answer({"id": "file_7f1c"})
    return json_answer({"api_key_id": "key-9", "user_id": "user-1", "team_id": "team-1"})

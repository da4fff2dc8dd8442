"""The vendor's page holds: whoever moves a flow from there finds every name as it was."""

import pytest

from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, Settings
from vendor_pages import FIELDS, PARAMETERS, RESPONSE_FIELDS

OURS = {
    "ClassifyText": "Text Categories Instructions AllowMultiple Model Temperature MaxOutputTokens ReasoningEffort",
    "SummarizeText": "Text MaxWords Language Style Instructions Model Temperature MaxOutputTokens ReasoningEffort",
    "CreateChatCompletion": "Model Messages Temperature TopP AdditionalFields",
    "CreateMessage": "Messages Model MaxTokens AdditionalFields",
    "ListModels": "",
    "GetModel": "Model",
    "GenerateImages": "Instructions Count Model AspectRatio Resolution Quality",
    "GetVideo": "RequestId",
    "SearchCollection": "Query Collections MaxRows RetrievalMode",
    "CreateCollection": "Name Description Model ChunkSize ChunkOverlap ChunkUnit Fields",
    "ListCollections": "Filter SortBy Order",
    "GetCollection": "CollectionId",
    "UpdateCollection": "CollectionId Name Description",
    "DeleteCollection": "CollectionId",
    "AddCollectionDocument": "CollectionId FileId Fields",
    "UploadCollectionDocument": "CollectionId Content Name Fields",
    "ListCollectionDocuments": "CollectionId Filter SortBy Order",
    "GetCollectionDocument": "CollectionId FileId",
    "ReindexCollectionDocument": "CollectionId FileId",
    "RemoveCollectionDocument": "CollectionId FileId",
    "ExtendVideo": "Video_Content Instructions Duration Model",
    "ExtendVideoByUrl": "Video_Url Instructions Duration Model",
    "TranscribeAudio": "Content Name Language Diarize KeyTerms",
    "TranscribeAudioByUrl": "Url Language Diarize KeyTerms",
    "ListVoices": "Kind",
    "GetVoice": "VoiceId",
    "CreateVoice": "Content Name Language Description Gender Accent Age UseCase Tone",
    "UpdateVoice": "VoiceId Name Language Description Gender Accent Age UseCase Tone",
    "DeleteVoice": "VoiceId",
    "GetVoiceAudio": "VoiceId",
    "CreateRealtimeToken": "Seconds",
    "StartChatCompletion": "Model Messages Temperature TopP AdditionalFields",
    "GetDeferredCompletion": "RequestId Wait",
    "GetResponse": "ResponseId",
    "DeleteResponse": "ResponseId",
    "ListResponseInput": "ResponseId Order",
    "CompactConversation": "History Model",
    "GenerateRows": "Message OutputSchema Instructions Model",
    "ListPrices": "Model",
    "SearchWeb": "Query MaxRows Domains ExcludedDomains Model",
    "SearchX": "Query MaxRows Handles ExcludedHandles From To Model",
    "CountTokens": "Text Model",
    "TokenizeText": "Text Model",
    "CreateEmbedding": "Input Model Dimensions",
    "UploadFile": "Content Name ExpiresAfter",
    "ListFiles": "Filter SortBy Order",
    "GetFile": "FileId",
    "DownloadFile": "FileId Format",
    "DeleteFile": "FileId",
    "CreateFileUrl": "FileId ExpiresAfter",
    "RevokeFileUrl": "FileId",
    "CreateBatch": "Name",
    "AddBatchRequests": "BatchId Requests",
    "GetBatch": "BatchId",
    "ListBatches": "",
    "ListBatchRequests": "BatchId State",
    "ListBatchResults": "BatchId",
    "CancelBatch": "BatchId",
    "GetApiKey": "",
    "GetAccount": "",
    "ListApiKeys": "ActiveOnly",
    "CreateApiKey": "Name Acls ExpiresAt RequestsPerSecond RequestsPerMinute TokensPerMinute",
    "UpdateApiKey": "KeyId Name Disabled RequestsPerSecond RequestsPerMinute TokensPerMinute Acls",
    "RotateApiKey": "KeyId",
    "DeleteApiKey": "KeyId",
    "ListUsage": "From To Unit GroupBy TimeZone",
    "GetBalance": "",
    "ListBalanceChanges": "",
    "GetInvoicePreview": "",
    "ListInvoices": "Since",
    "GetSpendingLimits": "",
    "SetSpendingLimit": "Usd",
    "ListAuditEvents": "From To UserId Query",
    "RawRequest": "Path Method Body Query Headers ResponseType FormData FileData FileName Timeout",
}


def test_the_vendors_field_list_has_its_34_names():
    assert len(RESPONSE_FIELDS) == 34


def test_the_catalog_has_the_vendors_11_procedures_and_ours_and_no_other():
    assert {name for name in CATALOG if CATALOG[name].vendor} == set(PARAMETERS)
    assert set(CATALOG) == set(PARAMETERS) | set(OURS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_vendor_procedure_has_the_vendors_parameters_in_its_order(name):
    declared = [
        f"{parameter.name} {parameter.type}" + (" required" if parameter.required else "")
        for parameter in CATALOG[name].positional
    ]

    assert declared == [line.strip() for line in PARAMETERS[name].strip().splitlines() if line.strip()]


@pytest.mark.parametrize("name", FIELDS)
def test_a_vendor_procedure_gives_the_vendors_fields_in_its_order(name):
    assert [column.name for column in CATALOG[name].fields] == FIELDS[name]
    assert CATALOG[name].schema.names == FIELDS[name]


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_vendors_own_statement_binds_even_where_the_count_must_be_exact(name):
    markers = ", ".join(f":{line.split()[0]}" for line in PARAMETERS[name].strip().splitlines() if line.strip())
    call = parse_call(f"CALL {name}({markers})")

    binder = Binder(call, CATALOG[name], Settings(strict_arity=True))

    assert [f":{marker}" for marker in binder.marker_names] == markers.split(", ")


@pytest.mark.parametrize(("name", "names"), OURS.items())
def test_a_procedure_of_ours_has_the_parameters_that_its_page_promises(name, names):
    assert [parameter.name for parameter in CATALOG[name].positional] == names.split()


@pytest.mark.parametrize(("name", "first"), [("ClassifyText", 4), ("SummarizeText", 1)])
def test_classification_and_summary_end_with_the_34_fields(name, first):
    assert [column.name for column in CATALOG[name].fields][first:] == RESPONSE_FIELDS


def test_result_types_are_those_of_the_arrow_columns():
    types = {column.name: str(column.type) for column in CATALOG["GenerateResponse"].schema}

    assert types["Response_Result"] == "string"
    assert types["Response_CreatedAt"] == types["Response_CompletedAt"] == "int64"
    assert types["Response_Temperature"] == types["Response_TopP"] == "double"
    assert types["Response_MaxOutputTokens"] == types["Response_UsageTotalTokens"] == "int32"
    assert types["Response_Store"] == types["Response_ParallelToolCalls"] == "bool"
    assert types["Response_UsageCostInUsdTicks"] == "int64"
    assert str(CATALOG["GenerateImage"].schema.field(0).type) == "large_binary"

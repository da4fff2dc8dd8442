"""The names on the pages of two connectors for Grok, Skyvia's and Prismatic's, typed in once more.

What is code there stands as it is written there; what a page tells without a name has a few words of ours.
"""

from collections.abc import Mapping, Sequence

TEXT_OPTIONS = """
    Instructions String
    Model Enum
    PreviousResponseId String
    Temperature Double
    TopP Double
    MaxOutputTokens Int32
    MaxToolCalls Int32
    Store Boolean
    ReasoningEffort Enum
"""

PARAMETERS = {
    "GenerateResponse": "Message String required" + TEXT_OPTIONS,
    "AnalyzeImage": """
        Message String required
        Image1_Content Binary required
        Image2_Content Binary
        Image3_Content Binary
    """
    + TEXT_OPTIONS,
    "AnalyzeImageByUrl": """
        Message String required
        Image1_Url String required
        Image2_Url String
        Image3_Url String
    """
    + TEXT_OPTIONS,
    "AnalyzeFile": """
        Message String required
        File1_Content Binary required
        File1_Name String required
        File2_Content Binary
        File2_Name String
        File3_Content Binary
        File3_Name String
    """
    + TEXT_OPTIONS,
    "GenerateImage": """
        Instructions String required
        Model Enum
        AspectRatio Enum
        Resolution Enum
    """,
    "EditImage": """
        Instructions String required
        Image1_Content Binary required
        Image2_Content Binary
        Image3_Content Binary
        Model Enum
        AspectRatio Enum
        Resolution Enum
    """,
    "EditImageByUrl": """
        Instructions String required
        Image1_Url String required
        Image2_Url String
        Image3_Url String
        Model Enum
        AspectRatio Enum
        Resolution Enum
    """,
    "GenerateAudio": """
        Text String required
        Language Enum required
        Voice Enum
        OutputCodec Enum
        OutputSampleRate Enum
        OutputMp3Bitrate Enum
    """,
    "GenerateVideo": """
        Instructions String required
        Model Enum
        AspectRatio Enum
        Duration Int32
        Resolution Enum
        Image_Content Binary
        Image_Url String
    """,
    "EditVideo": """
        Video_Content Binary required
        Instructions String required
        Model Enum
    """,
    "EditVideoByUrl": """
        Video_Url String required
        Instructions String required
        Model Enum
    """,
}

RESPONSE_FIELD_LIST = """
    Response_Result Response_Reasoning Response_Id Response_Status Response_Error Response_Object Response_CreatedAt
    Response_CompletedAt Response_IncompleteDetails Response_Temperature Response_TopP Response_MaxOutputTokens
    Response_MaxTollCalls Response_PreviousResponseId Response_Store Response_Model Response_TextFormatType
    Response_TextVerbosity Response_ReasoningEffort Response_ReasoningSummary Response_Truncation
    Response_SafetyIdentifier Response_ParallelToolCalls Response_ToolChoice Response_Tools Response_ServiceTier
    Response_UsageInputTokens Response_UsageInputTokensDetailsCachedTokens Response_UsageOutputTokens
    Response_UsageTotalTokens Response_UsageNumSourcesUsed Response_UsageNumServerSideToolsUsed
    Response_UsageCostInUsdTicks Response_UsageOutputTokensDetailsReasoningTokens
"""
RESPONSE_FIELDS = RESPONSE_FIELD_LIST.split()

FIELDS = {
    "GenerateResponse": RESPONSE_FIELDS,
    "AnalyzeImage": RESPONSE_FIELDS,
    "AnalyzeImageByUrl": RESPONSE_FIELDS,
    "AnalyzeFile": RESPONSE_FIELDS,
    "GenerateImage": ["ResultImage_Content"],
    "EditImage": ["ResultImage_Content"],
    "EditImageByUrl": ["ResultImage_Content"],
    "GenerateAudio": ["ResultAudio_Content"],
    "GenerateVideo": ["ResultVideo_Content"],
    "EditVideo": ["ResultVideo_Content"],
    "EditVideoByUrl": ["ResultVideo_Content"],
}

ALL_FOUR = ("GenerateResponse", "AnalyzeImage", "AnalyzeImageByUrl", "AnalyzeFile")
"""The procedures of Skyvia's that answer in text."""

SKYVIA_FEATURES: Mapping[str, Sequence[str]] = {
    "connector": (
        "API Key", "creating a key", "Lookup in a Data Flow", "Action in a Control Flow", "objects", "Query", "Backup",
    ),
    "actions": (
        "Execute Command", "Analyze File", "Analyze Image", "Analyze Image By Url", "Classify Text", "Edit Image",
        "Edit Image By Url", "Edit Video", "Edit Video By Url", "Generate Audio", "Generate Image",
        "Generate Response", "Generate Video", "Summarize Text",
    ),
    "limits": (
        "three images to analyze", "three images to edit", "three files", "images by their numbers",
        "files by their names", "Temperature or TopP", "PreviousResponseId needs Store",
    ),
    "commands": (
        "arguments by position", "literals as arguments", "every argument in its place", "NULL for an optional one",
        "parameters found in the command", "a result that is an array", "columns known beforehand",
    ),
    "data flows": (
        "columns to parameters", "constants", "expressions", "result fields beside the row", "the Error output",
        "counts of good and failed rows", "logs of good and failed rows", "a run that stops as a whole",
    ),
}  # fmt: skip
"""What Skyvia's page tells besides, and what its general pages tell of commands and data flows."""

PRISMATIC: Mapping[str, Sequence[str]] = {
    "connection": ("API Key",),
    "actions": (
        "Create Chat Completion", "Create Message", "Generate Image", "Get Model", "List Models", "Raw Request",
    ),
    "Create Chat Completion": (
        "Connection", "Model", "Messages", "Temperature", "Top P", "Stream", "Additional Fields", "reply",
    ),
    "Create Message": ("Connection", "Messages", "Model", "Max Tokens", "Additional Fields", "reply"),
    "Generate Image": ("Connection", "Prompt", "Model", "Number of Images", "Additional Fields", "reply"),
    "Get Model": ("Connection", "Model ID", "reply"),
    "List Models": ("Connection", "reply"),
    "Raw Request": (
        "Connection", "URL", "Method", "Data", "Form Data", "File Data", "File Data File Names", "Query Parameter",
        "Header", "Response Type", "Timeout", "Retry Delay (ms)", "Retry On All Errors", "Max Retry Count",
        "Use Exponential Backoff", "reply",
    ),
}  # fmt: skip
"""The connection, the actions, and of each action its inputs in their order and what it hands on."""


def parameter_names(procedure: str) -> list[str]:
    """The names of the parameters of a procedure of Skyvia's, in their order."""
    return [line.split()[0] for line in PARAMETERS[procedure].strip().splitlines() if line.strip()]

"""Sort tickets into user-defined categories.

ClassifyText asks the model for JSON that fits a schema whose only choices are your categories, so the answer is always
one of them; it comes as ``Result_Category``, with a confidence and a reason. A category may have a description:
``{"name": "billing", "description": "what was charged, refunded or invoiced"}``. The sandbox sorts by shared English
words, which is enough to see how it works and no more.
"""

from collections import Counter

from service import TICKETS, service

import grokcall

CATEGORIES = ["billing", "delivery", "account", "product", "praise", "other"]

with service(), grokcall.connect() as connection:
    result = connection.lookup(
        "CALL ClassifyText(:body, :categories)",
        TICKETS,
        mapping={"categories": grokcall.const(CATEGORIES)},
        fields=["Result_Category", "Result_Confidence", "Result_Reasoning"],
    )
    for row in result.rows.slice(0, 3).to_pylist():
        print(f"{row['subject']}: {row['Result_Category']} ({row['Result_Confidence']})")
        print(f"    {row['Result_Reasoning']}")
    counts = Counter(result.rows["Result_Category"].to_pylist())
    for category in CATEGORIES:
        print(f"{category:<10}{counts[category]:>3}")
    print(f"{'all':<10}{result.summary.ok:>3}, {result.summary.failed} failed")

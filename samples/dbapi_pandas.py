"""Results and tables in pandas.

A cursor gives a DataFrame by ``fetch_df``, and ``lookup`` takes one; both go by way of Arrow, so types survive.
``pandas.read_sql`` works over the connection as well; pandas warns there that it tests SQLAlchemy connections only.
"""

import warnings

import pandas as pd
from service import OPENINGS, service

import grokcall

with service(), grokcall.connect() as connection:
    frame = connection.execute("SHOW PROCEDURES LIKE 'Edit%'").fetch_df()
    print(frame[["Procedure_Name", "Procedure_Parameters"]].to_string(index=False))

    novels = pd.read_csv(OPENINGS)
    old = novels[novels["year"] < 1820]
    answered = connection.lookup(
        "CALL GenerateResponse(:opening, 'Summarize in at most 6 words.')",
        old,
        fields=["Response_Result", "Response_UsageOutputTokens"],
    ).rows.to_pandas()
    print(answered[["title", "year", "Response_Result"]].to_string(index=False))
    print("type of the tokens:", answered["Response_UsageOutputTokens"].dtype)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "pandas only supports SQLAlchemy", UserWarning)
        one = pd.read_sql("CALL GenerateResponse(:q)", connection, params={"q": "What is 7 + 8?"})
    print(one.shape, one["Response_Result"][0])

"""An Airflow DAG that asks Grok about support tickets, by the SQL operator and by the hook.

``answer_one`` is the operator that every database has; ``answer_all`` takes a table through the hook and leaves a
Parquet file. Both use the Airflow connection ``grokcall_default``: its password is the key, its host the base URL, its
extra the options by name. In ``AIRFLOW_CONN_GROKCALL_DEFAULT`` it is written as a JSON object.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.parquet as pq
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import dag, task

from grokcall.airflow.hook import GrokcallHook

QUESTION = "What is 6 * 7?"


@dag(schedule=None, catchup=False)
def tickets() -> None:
    """Answers one question, then a row of answers for each ticket."""
    answer_one = SQLExecuteQueryOperator(
        task_id="answer_one",
        conn_id="grokcall_default",
        sql="CALL GenerateResponse(:Message, MaxOutputTokens => 200)",
        parameters={"Message": QUESTION},
    )

    @task
    def answer_all() -> dict[str, object]:
        folder = Path(os.environ["TICKETS_FOLDER"])
        with GrokcallHook().get_conn() as connection:
            result = connection.lookup(
                "CALL ClassifyText(:body, ['billing', 'delivery', 'praise', 'other'])",
                folder / "tickets.csv",
                fields=["Result_Category", "Result_Confidence"],
                on_error="redirect",
            )
        pq.write_table(result.rows, folder / "answers.parquet")
        return result.summary.as_dict()

    answer_one >> answer_all()


tickets()

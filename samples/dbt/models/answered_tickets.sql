-- An answer and a category for each ticket. A row that is there already is not asked about again, and full_refresh=false
-- keeps `dbt build --full-refresh` from paying for all of them once more.
{{ config(materialized='incremental', unique_key='id', full_refresh=false, on_schema_change='fail') }}

WITH new_tickets AS (
    SELECT * FROM {{ ref('tickets') }}
    {% if is_incremental() %}
    WHERE id NOT IN (SELECT id FROM {{ this }})
    {% endif %}
)

SELECT
    t.id,
    t.body,
    r.Response_Result AS answer,
    r.Response_UsageTotalTokens AS tokens
FROM new_tickets t, GenerateResponse(t.body, Instructions := 'Answer in one sentence.', MaxOutputTokens := 200) r

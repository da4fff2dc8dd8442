-- The models that the key may use, from the statement of the source.
{{ config(materialized='table') }}

SELECT * FROM {{ source('grok', 'models') }}

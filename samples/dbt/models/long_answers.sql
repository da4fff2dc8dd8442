-- Reads what was answered; costs nothing.
SELECT id, answer FROM {{ ref('answered_tickets') }} WHERE length(answer) > 40

-- How long a statement of this session may take, and how long it may be idle inside a transaction.
-- Parameters: $1 statement timeout, $2 idle timeout, both text in milliseconds. Result: both.
SELECT set_config('statement_timeout', $1::text, false),
    set_config('idle_in_transaction_session_timeout', $2::text, false)

-- Wait for locks for two seconds at most until the savepoint around goes, and say what is possible.
SELECT current_setting('transaction_read_only') = 'on' AS read_only,
       set_config('lock_timeout', CASE WHEN s.setting::int BETWEEN 1 AND 2000
                                  THEN s.setting ELSE '2000' END, true) AS patience
FROM pg_settings s WHERE s.name = 'lock_timeout'

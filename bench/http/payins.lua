-- One pay-in a request, each with a new time-ordered key, over many accounts. For wrk:
--   GEOBILL_TOKEN=... wrk -t1 -c256 -d10s --latency -s bench/http/payins.lua http://127.0.0.1:8101
-- Accounts bench-0001 .. bench-<GEOBILL_BENCH_ACCOUNTS, default 1000> must be there, in EUR.
local token = os.getenv("GEOBILL_TOKEN")
local accounts = tonumber(os.getenv("GEOBILL_BENCH_ACCOUNTS") or "1000")
local run = string.format("%x", os.time())
local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("number", threads)
end

function init(args)
    count = 0
    headers = {
        ["Authorization"] = "Bearer " .. token,
        ["Content-Type"] = "application/json",
    }
    bad = 0
end

function request()
    count = count + 1
    headers["Idempotency-Key"] = string.format("%s-%02d-%09d-%s", run, number, count, "0123456789ab")
    local body = string.format(
        '{"account_id":"bench-%04d","amount":{"minor_units":%d,"currency":"EUR"},"reference":"invoice %d"}',
        count * 7919 % accounts + 1, count % 100000 + 1, count)
    return wrk.format("POST", "/v1/pay-ins", headers, body)
end

function response(status)
    if status ~= 202 then
        bad = bad + 1
        if bad < 4 then print("status " .. status) end
    end
end

-- Balance reads over many accounts. As payins.lua.
local token = os.getenv("GEOBILL_TOKEN")
local accounts = tonumber(os.getenv("GEOBILL_BENCH_ACCOUNTS") or "1000")

function init(args)
    count = 0
    headers = { ["Authorization"] = "Bearer " .. token }
end

function request()
    count = count + 1
    return wrk.format("GET", string.format("/v1/accounts/bench-%04d/balance", count * 7919 % accounts + 1), headers)
end

-- Asks the daemon about each request: http-request lua.cardea ADDRESS PROFILE
-- A grant sets the identity headers and goes on; everything else is answered here, in the daemon's words.
-- HAProxy 2.6 or later (core.httpclient). docs/how-to/forward-auth/haproxy.md explains.

local IDENTITY = {"cardea-key-id", "cardea-account", "cardea-user", "cardea-agent", "cardea-scopes", "cardea-kind"}
-- What a decision depends on, beside method, target and address. A legacy header of your profile's belongs here.
local ASKED = {"authorization", "origin", "sec-fetch-mode", "x-request-id"}
local TOLD = {"content-type", "www-authenticate", "retry-after", "ratelimit", "ratelimit-policy", "cache-control", "x-request-id"}
local TIMEOUT_MS = 5000

-- HAProxy counts the values of a header from 0, what it is given from 1.
local function all_values(values)
    local list = {}
    for i = 0, #values do
        list[#list + 1] = values[i]
    end
    return list
end

local function pick(headers, names)
    local picked = {}
    for _, name in ipairs(names) do
        if headers[name] then
            picked[name] = all_values(headers[name])
        end
    end
    return picked
end

local function refuse(txn, status, headers, body)
    txn:done(txn:reply{status = status, headers = headers, body = body})
end

core.register_action("cardea", {"http-req"}, function(txn, address, profile)
    local ask = pick(txn.http:req_get_headers(), ASKED)
    ask["host"] = {"localhost"}
    ask["x-original-method"] = {txn.sf:method()}
    ask["x-original-uri"] = {txn.sf:pathq()}
    ask["x-forwarded-for"] = {txn.sf:src()}

    local url = "http://" .. address .. "/v1/authorize/" .. profile
    local answer = core.httpclient():get{url = url, headers = ask, timeout = TIMEOUT_MS}
    local status = answer and answer.status or 0
    if status == 200 then
        for _, name in ipairs(IDENTITY) do
            txn.http:req_del_header(name)
            local value = answer.headers[name] and answer.headers[name][0]
            if value then
                txn.http:req_set_header(name, value)
            end
        end
        for _, name in ipairs({"ratelimit", "ratelimit-policy"}) do
            if answer.headers[name] then
                txn:set_var("txn.cardea_" .. name:gsub("-", "_"), answer.headers[name][0])
            end
        end
    elseif status >= 400 then
        refuse(txn, status, pick(answer.headers, TOLD), answer.body)
    else
        -- The daemon is away: nobody passes.
        refuse(txn, 503, {["retry-after"] = {"1"}, ["cache-control"] = {"no-store"}}, "")
    end
end, 2)

-- lua-net 0.23 on the coroutines of lua-act 0.9, as their documentation has it.
--   luajit lua-net.lua echo ADDRESS
local act = require('act')
local inet = require('net.stream.inet')

local STDIN = 0
local TRIES = 100

if arg[1] ~= 'echo' then
    error('this server does echo')
end

-- The library tells the port that was asked for, not the one that the kernel gave: so we choose it.
local function listening()
    math.randomseed(os.time())
    for _ = 1, TRIES do
        local port = math.random(20000, 32000)
        local server = inet.server.new({ host = '127.0.0.1', port = tostring(port), tcpnodelay = true })
        if server and not server:listen() then
            return server, port
        elseif server then
            server:close()
        end
    end
    error('no port is free')
end

local function serve(conn)
    conn:tcpnodelay(true)
    local data = conn:recv()
    while data and conn:send(data) do
        data = conn:recv()
    end
    conn:close()
end

-- Nobody writes to us: when there is something to read, it is the end.
local function watch_input()
    act.waitReadable(STDIN)
    os.exit(0)
end

local function main()
    local server, port = listening()
    act.spawn(watch_input)
    io.write(('{"port":%d}\n'):format(port))
    io.flush()
    while true do
        local conn, err = server:accept()
        if not conn then
            error(err)
        end
        act.spawn(serve, conn)
    end
end

local ok, err = act.run(main)
if not ok then
    io.stderr:write(tostring(err), '\n')
    os.exit(1)
end

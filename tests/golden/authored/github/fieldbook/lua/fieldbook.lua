-- A reader for field books, for use in an editor.
local M = {}

function M.parse(line)
  local day, species, count = line:match("^(%d+%-%d+%-%d+)%s+(%S+)%s*(%d*)$")
  if not day then
    return nil, "cannot read " .. line
  end
  return { day = day, species = species, count = tonumber(count) or 1 }
end

function M.totals(lines)
  local totals = {}
  for _, line in ipairs(lines) do
    local s = M.parse(line)
    if s then
      totals[s.species] = (totals[s.species] or 0) + s.count
    end
  end
  return totals
end

return M

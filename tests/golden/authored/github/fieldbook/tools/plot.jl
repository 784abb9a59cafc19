# Draw the number of sightings a month as bars of text.
using Dates

function monthly(path)
    counts = zeros(Int, 12)
    for line in eachline(path)
        day, _, count = split(line)
        counts[month(Date(day))] += parse(Int, count)
    end
    return counts
end

function bars(counts; width = 50)
    top = max(maximum(counts), 1)
    for (m, n) in enumerate(counts)
        println(rpad(monthabbr(m), 4), "#"^round(Int, width * n / top), " ", n)
    end
end

bars(monthly(ARGS[1]))

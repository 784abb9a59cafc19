#!/usr/bin/env ruby
# Turn a bank's table into entries.
require "csv"
require "json"

RULES = {
  /bakery|grocer/i => "food",
  /rail|bus/i => "travel",
}.freeze

def account_for(text)
  RULES.each { |pattern, account| return account if text.match?(pattern) }
  "unsorted"
end

entries = CSV.foreach(ARGV.fetch(0), headers: true).map do |row|
  cents = (row["amount"].to_r * 100).to_i
  {
    day: row["date"],
    text: row["text"],
    postings: [["bank", cents], [account_for(row["text"]), -cents]],
  }
end

puts JSON.pretty_generate(entries)

package org.example.ledgerette;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** The same ledger once more, for the web front end. */
public final class Ledger {
    public record Posting(String account, long cents) {}

    public record Entry(String text, List<Posting> postings) {
        public Entry {
            long sum = postings.stream().mapToLong(Posting::cents).sum();
            if (sum != 0) {
                throw new IllegalArgumentException("entry does not balance: " + text + " is off by " + sum);
            }
            postings = List.copyOf(postings);
        }
    }

    private final List<Entry> entries = new ArrayList<>();

    public void post(Entry entry) {
        entries.add(entry);
    }

    public TreeMap<String, Long> balances() {
        TreeMap<String, Long> balances = new TreeMap<>();
        for (Entry entry : entries) {
            for (Posting posting : entry.postings()) {
                balances.merge(posting.account(), posting.cents(), Long::sum);
            }
        }
        return balances;
    }
}

package ledgerette

import (
	"errors"
	"testing"
	"time"
)

func day(d int) time.Time {
	return time.Date(2026, time.November, d, 0, 0, 0, 0, time.UTC)
}

func TestUnbalancedEntriesAreRefused(t *testing.T) {
	var l Ledger
	err := l.Post(Entry{Day: day(1), Text: "tea", Postings: []Posting{{"cash", -250}, {"tea", 240}}})
	if !errors.Is(err, ErrUnbalanced) {
		t.Fatalf("got %v", err)
	}
	if n := len(l.Accounts()); n != 0 {
		t.Fatalf("a refused entry left %d accounts behind", n)
	}
}

func TestBalanceStopsAtTheDay(t *testing.T) {
	var l Ledger
	for d := 1; d <= 3; d++ {
		if err := l.Post(Entry{Day: day(d), Postings: []Posting{{"cash", -100}, {"tea", 100}}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.Balance("tea", day(2)); got != 200 {
		t.Errorf("got %d, want 200", got)
	}
}

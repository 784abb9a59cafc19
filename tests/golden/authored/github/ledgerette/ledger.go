// Package ledgerette keeps books by double entry, in integers, in memory.
package ledgerette

import (
	"errors"
	"fmt"
	"sort"
	"time"
)

// Cents are the smallest unit; there are no fractions of them.
type Cents int64

// Posting moves an amount into an account; out of it if the amount is negative.
type Posting struct {
	Account string
	Amount  Cents
}

// Entry is a set of postings whose amounts sum to zero.
type Entry struct {
	Day      time.Time
	Text     string
	Postings []Posting
}

// ErrUnbalanced is returned for an entry whose postings do not sum to zero.
var ErrUnbalanced = errors.New("entry does not balance")

// Ledger holds entries in the order in which they were posted.
type Ledger struct {
	entries []Entry
}

// Post appends an entry, or refuses it whole.
func (l *Ledger) Post(e Entry) error {
	var sum Cents
	for _, p := range e.Postings {
		sum += p.Amount
	}
	if sum != 0 {
		return fmt.Errorf("%w: %q is off by %d", ErrUnbalanced, e.Text, sum)
	}
	l.entries = append(l.entries, e)
	return nil
}

// Balance returns what is in an account at the end of a day.
func (l *Ledger) Balance(account string, at time.Time) Cents {
	var sum Cents
	for _, e := range l.entries {
		if e.Day.After(at) {
			continue
		}
		for _, p := range e.Postings {
			if p.Account == account {
				sum += p.Amount
			}
		}
	}
	return sum
}

// Accounts returns all names, sorted.
func (l *Ledger) Accounts() []string {
	seen := map[string]bool{}
	for _, e := range l.entries {
		for _, p := range e.Postings {
			seen[p.Account] = true
		}
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Copyright 2019 Somebody Else. Licensed under the Mozilla Public License 2.0.

package money

// Format writes cents as a decimal number.
func Format(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return sign + itoa(cents/100) + "." + pad(itoa(cents%100))
}

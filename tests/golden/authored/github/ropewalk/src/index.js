/**
 * Copyright 2026 The Ropewalk Authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

/** A text that is cut into pieces and can be edited without copying all of it. */
export class Rope {
  constructor(left, right = null) {
    this.left = left;
    this.right = right;
    this.length = left.length + (right ? right.length : 0);
  }

  static of(text) {
    return new Rope(text);
  }

  concat(other) {
    if (this.length === 0) return other;
    if (other.length === 0) return this;
    return new Rope(this, other);
  }

  slice(start, end = this.length) {
    if (typeof this.left === "string") return Rope.of(this.left.slice(start, end));
    const middle = this.left.length;
    if (end <= middle) return this.left.slice(start, end);
    if (start >= middle) return this.right.slice(start - middle, end - middle);
    return this.left.slice(start, middle).concat(this.right.slice(0, end - middle));
  }

  insert(position, text) {
    return this.slice(0, position).concat(Rope.of(text)).concat(this.slice(position));
  }

  toString() {
    return typeof this.left === "string" ? this.left : `${this.left}${this.right}`;
  }
}

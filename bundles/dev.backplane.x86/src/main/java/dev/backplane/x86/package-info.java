/** What software CPUs share: decoder, address translation, architectural state. */
@NullMarked
package dev.backplane.x86;

import org.jspecify.annotations.NullMarked;

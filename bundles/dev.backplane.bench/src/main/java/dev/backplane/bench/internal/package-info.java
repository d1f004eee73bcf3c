/**
 * The command {@code bench}: {@code Contestant}s run the same {@code Job}s, each in a process of its own; {@code Console} takes times at
 * the marks that a guest writes; {@code Figures} are medians of them, and {@code TextReport} and {@code JsonReport} tell them.
 */
@NullMarked
package dev.backplane.bench.internal;

import org.jspecify.annotations.NullMarked;

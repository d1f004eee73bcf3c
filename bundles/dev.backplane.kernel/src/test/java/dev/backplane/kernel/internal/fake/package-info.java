/** Parts and boards made of a few lines, for tests that need no framework. */
@NullMarked
package dev.backplane.kernel.internal.fake;

import org.jspecify.annotations.NullMarked;

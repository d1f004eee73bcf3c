/** The kit's own tests: that it finds what it promises to find. */
@NullMarked
package dev.backplane.testkit;

import org.jspecify.annotations.NullMarked;

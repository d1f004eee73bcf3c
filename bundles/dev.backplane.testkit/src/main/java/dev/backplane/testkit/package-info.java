/** Contract tests that plugins run. */
@NullMarked
package dev.backplane.testkit;

import org.jspecify.annotations.NullMarked;

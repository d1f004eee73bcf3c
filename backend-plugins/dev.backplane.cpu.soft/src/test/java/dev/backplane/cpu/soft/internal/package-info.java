/** Tests of the backend with small guests and a kernel of the test's own. */
@NullMarked
package dev.backplane.cpu.soft.internal;

import org.jspecify.annotations.NullMarked;

/** Tests against the host's own kernel. */
@NullMarked
package dev.backplane.natives.internal;

import org.jspecify.annotations.NullMarked;

/** The plugin interfaces: all that a vendor compiles against. */
@NullMarked
package dev.backplane.api;

import org.jspecify.annotations.NullMarked;

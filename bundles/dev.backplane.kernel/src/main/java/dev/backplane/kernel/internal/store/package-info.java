/** The plugin folder and the store of installed bundles. */
@NullMarked
package dev.backplane.kernel.internal.store;

import org.jspecify.annotations.NullMarked;

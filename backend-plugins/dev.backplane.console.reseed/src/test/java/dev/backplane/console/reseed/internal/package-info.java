/** Gives a guest that has become another machine its random numbers (reseed). */
@NullMarked
package dev.backplane.console.reseed.internal;

import org.jspecify.annotations.NullMarked;

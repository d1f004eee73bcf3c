/** Tests of the system half: small guests of a few bytes each, run by the engine. */
@NullMarked
package dev.backplane.x86.system;

import org.jspecify.annotations.NullMarked;

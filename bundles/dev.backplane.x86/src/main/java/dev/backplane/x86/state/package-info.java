/**
 * The architectural state of one virtual x86-64 processor and the ways to the world outside it. Owned by the thread that
 * runs the vCPU; the request word alone may be written from elsewhere. Knows neither decoder nor interpreter.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.state;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

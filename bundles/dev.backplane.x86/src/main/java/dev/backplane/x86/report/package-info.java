/**
 * A stopped vCPU as text for people: why a guest ended. For every CPU backend, since it works on the state that all of them share.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.report;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

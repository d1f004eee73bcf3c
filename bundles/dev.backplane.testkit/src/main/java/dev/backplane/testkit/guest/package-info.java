/**
 * Small guests: programs of a few instructions whose end is known from the manual, as plain data, so that every CPU backend
 * can be asked to run the same ones. A {@link dev.backplane.testkit.guest.SmallGuest} is memory, a state to start from and what
 * has to be true at its end; the classes named after chapters ({@code PagingGuests}, {@code GateGuests}, ...) are the catalogue.
 * {@link dev.backplane.testkit.guest.GuestBench} runs them on a {@link dev.backplane.api.cpu.CpuBackend}.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.testkit.guest;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

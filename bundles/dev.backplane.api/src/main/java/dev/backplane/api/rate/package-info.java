/**
 * Limits on how fast a part does something: {@link dev.backplane.api.rate.RateLimit RateLimit} is the option that a VM file gives, {@link
 * dev.backplane.api.rate.RateLimiter RateLimiter} holds a part to it, with a {@link dev.backplane.api.rate.TokenBucket TokenBucket} for
 * operations and one for bytes.
 *
 * <p>Vendors use it and implement nothing. Time is a number that the caller passes, a device's from its {@link
 * dev.backplane.api.time.GuestClock GuestClock}: a limit holds in virtual time as it does in the host's, and a machine that is paused
 * saves nothing up.
 */
@Export
@Version("1.2.0")
@NullMarked
package dev.backplane.api.rate;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

package dev.backplane.filter.ratelimit.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageFilter;
import dev.backplane.api.storage.StorageFilterType;
import dev.backplane.api.storage.StorageLayer;
import org.osgi.service.component.annotations.Component;

/** Disks that are used no faster than they may. */
@Component
@StorageFilterType("rate-limit")
public final class RateLimitFilter implements StorageFilter<RateLimitOptions, RateLimitState> {
    @Override
    public StorageLayer<RateLimitState> open(RateLimitOptions options, StorageContext context)
            throws ConfigurationException {
        return restore(options, context, RateLimitState.FULL);
    }

    @Override
    public StorageLayer<RateLimitState> restore(RateLimitOptions options, StorageContext context, RateLimitState state)
            throws ConfigurationException {
        if (context.virtualTime()) {
            throw new ConfigurationException(
                    "rate-limit holds requests back by the host's clock, which a machine with virtual time does not see: leave it out, or take the limit of its device");
        }
        return new RateLimitLayer(options, context, System::nanoTime, state);
    }
}

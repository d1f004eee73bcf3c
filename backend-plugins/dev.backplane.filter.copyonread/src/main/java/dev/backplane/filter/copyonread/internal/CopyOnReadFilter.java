package dev.backplane.filter.copyonread.internal;

import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageFilter;
import dev.backplane.api.storage.StorageFilterType;
import dev.backplane.api.storage.StorageLayer;
import org.osgi.service.component.annotations.Component;

/** Disks that fetch their base as it is read. */
@Component
@StorageFilterType("copy-on-read")
public final class CopyOnReadFilter implements StorageFilter<CopyOnReadOptions, CopyOnReadState> {
    @Override
    public StorageLayer<CopyOnReadState> open(CopyOnReadOptions options, StorageContext context) {
        return new CopyOnReadLayer(options, context);
    }

    @Override
    public StorageLayer<CopyOnReadState> restore(
            CopyOnReadOptions options, StorageContext context, CopyOnReadState state) {
        return open(options, context);
    }
}

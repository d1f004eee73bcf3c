package dev.backplane.filter.copyonread.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.FilterContract;

/** A filter like any other. */
class CopyOnReadContractTest extends FilterContract<CopyOnReadOptions, CopyOnReadState> {
    @Override
    protected StorageOpener<CopyOnReadOptions, CopyOnReadState> opener() {
        return new CopyOnReadFilter();
    }

    @Override
    protected CopyOnReadOptions options(StorageRef on) {
        return new CopyOnReadOptions(on);
    }
}

package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.testkit.image.TestImageTarget;
import java.util.Optional;

/** Where a new image goes that stands on a parent. */
record OnParent(TestImageTarget plain, BackingImage parent) implements ImageTarget {
    @Override
    public ResizableStorage image() {
        return plain.image();
    }

    @Override
    public String name() {
        return plain.name();
    }

    @Override
    public ResizableStorage sibling(String name) throws ConfigurationException {
        return plain.sibling(name);
    }

    @Override
    public long capacityBytes() {
        return plain.capacityBytes();
    }

    @Override
    public Optional<BackingImage> backing() {
        return Optional.of(parent);
    }
}

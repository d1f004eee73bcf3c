package dev.backplane.storage.parallels.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.image.JudgedContract;
import java.util.List;
import java.util.Map;

class JudgedTest extends JudgedContract<ParallelsOptions, ParallelsState> {
    @Override
    protected String qemuFormat() {
        return "parallels";
    }

    @Override
    protected StorageOpener<ParallelsOptions, ParallelsState> opener() {
        return new ParallelsFormat();
    }

    @Override
    protected ParallelsOptions options(List<StorageRef> parts) {
        return new ParallelsOptions(IMAGE);
    }

    @Override
    protected List<String> variants() {
        return List.of("", "cluster_size=64k");
    }

    @Override
    protected Map<String, Creation> creations() {
        return Map.of(
                "clusters of 1 MiB", target -> new ParallelsFormat().create(new ParallelsCreation(1 << 20), target),
                "clusters of 63 sectors",
                        target -> new ParallelsFormat().create(new ParallelsCreation(63 * 512), target));
    }
}

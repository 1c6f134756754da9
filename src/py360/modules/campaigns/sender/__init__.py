"""The sender of campaigns: claims a batch, hands it to the vendor, records the answers, recovers what a dead worker left."""

"""Whether labelled frames are fit for training: broken, empty or clipped labels, cameras in two splits."""

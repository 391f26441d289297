"""The learner of the board on a laptop, whole data sets at a time; and the same in float32."""
